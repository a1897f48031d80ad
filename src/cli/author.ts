/** Who gives a command: the user of this machine. Host side. */
import { userInfo } from 'node:os';

/** The user's name; `cli` where the user has none, as in some containers. */
export function author(): string {
  try {
    return userInfo().username.slice(0, 100) || 'cli';
  } catch {
    return 'cli';
  }
}
