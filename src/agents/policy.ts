/** Decides whether a tool call may run: by effect, tool, agent, arguments and trust. Pure, sandbox-safe; denies what it does not know. */
import type { Json } from '../core/json.ts';
import type { ArgumentCondition, Effect, GoalPolicy, Policy, PolicyRule } from '../core/policy.ts';

/** A tool call as policy sees it. `effect` is undefined for a tool that nobody declared. */
export interface PolicyCall {
  readonly tool: string;
  readonly effect: Effect | undefined;
  readonly agent: string;
  readonly arguments: Json;
  /** `untrusted` once anything from outside (web, MCP, other tools' output) is in the agent's context. */
  readonly trust: 'trusted' | 'untrusted';
}

/** What happens, and why in words for people. */
export interface PolicyVerdict {
  readonly verdict: 'allow' | 'ask' | 'deny';
  readonly why: string;
}

const STRICTNESS = { allow: 0, ask: 1, deny: 2 } as const;
const EFFECTS: ReadonlySet<string> = new Set(['pure', 'read', 'write', 'outward', 'destructive']);
/** Effects that at least ask once untrusted content is in the context, unless a rule names `trust: untrusted`. */
const GUARDED: ReadonlySet<string> = new Set(['outward', 'destructive']);

/** The verdict of the configured policy, made stricter by the goal's own rules: never looser. */
export function decidePolicy(policy: Policy, own: GoalPolicy | undefined, call: PolicyCall): PolicyVerdict {
  const configured = configuredVerdict(policy, call);
  const rule = own?.rules.find((candidate) => holds(candidate, call));
  if (!rule || STRICTNESS[rule.verdict] <= STRICTNESS[configured.verdict]) return configured;
  return { verdict: rule.verdict, why: `the goal’s own rule ${describe(rule)}` };
}

function configuredVerdict(policy: Policy, call: PolicyCall): PolicyVerdict {
  if (call.effect === undefined || !EFFECTS.has(call.effect)) {
    return { verdict: 'deny', why: `${call.tool} is not a tool that this goal knows` };
  }
  const rule = policy.rules.find((candidate) => holds(candidate, call));
  const found: PolicyVerdict = rule
    ? { verdict: rule.verdict, why: `rule ${describe(rule)}` }
    : { verdict: policy.byEffect[call.effect] ?? 'deny', why: `its effect is ${call.effect}` };
  const isGuarded = call.trust === 'untrusted' && GUARDED.has(call.effect) && rule?.trust !== 'untrusted';
  if (!isGuarded || found.verdict !== 'allow') return found;
  return { verdict: 'ask', why: `its effect is ${call.effect}, and the agent has read what came from outside` };
}

function holds(rule: PolicyRule, call: PolicyCall): boolean {
  if (rule.tool !== undefined && !isLike(rule.tool, call.tool, 'name')) return false;
  if (rule.effect !== undefined && rule.effect !== call.effect) return false;
  if (rule.agent !== undefined && !isLike(rule.agent, call.agent, 'name')) return false;
  if (rule.trust !== undefined && rule.trust !== call.trust) return false;
  return Object.entries(rule.arguments ?? {}).every(([name, condition]) =>
    meets(argument(call.arguments, name), condition, rule.verdict),
  );
}

function argument(args: Json, name: string): Json | undefined {
  if (args === null || typeof args !== 'object' || Array.isArray(args)) return undefined;
  return Object.hasOwn(args, name) ? (args as { readonly [key: string]: Json })[name] : undefined;
}

/** An argument that is missing or no plain value meets the conditions of strict rules, and none of a rule that allows. */
function meets(value: Json | undefined, condition: ArgumentCondition, verdict: PolicyRule['verdict']): boolean {
  const isStrict = verdict !== 'allow';
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (!isScalar) return isStrict;
  if ('equals' in condition) return value === condition.equals;
  if ('oneOf' in condition) return condition.oneOf.includes(value);
  if ('like' in condition)
    return typeof value === 'string' && isPlain(value) ? isLike(condition.like, value, 'path') : isStrict;
  return typeof value === 'number' ? value <= condition.max : isStrict;
}

/** Longest text that is compared with a form. */
const MAX_TEXT = 4_096;

/** A path that climbs may lead anywhere, whatever it begins with. */
function isPlain(path: string): boolean {
  return path.length <= MAX_TEXT && !path.split(/[\\/]/).includes('..');
}

/**
 * Whether `text` has the form of `pattern`. In a name `*` stands for anything; in a path `*` stops at `/` and `**` does not.
 * Linear in pattern × text: no regular expression is made of what people write.
 */
function isLike(pattern: string, text: string, kind: 'name' | 'path'): boolean {
  const tokens = pattern.match(/\*+|[^*]/gu) ?? [];
  // reached[i]: the tokens so far can match the first i characters.
  let reached = new Set([0]);
  for (const token of tokens) {
    const next = new Set<number>();
    for (const at of reached) {
      if (!token.startsWith('*')) {
        if (text.startsWith(token, at)) next.add(at + token.length);
        continue;
      }
      const crosses = kind === 'name' || token.length > 1;
      for (let to = at; to <= text.length && !next.has(to); to++) {
        next.add(to);
        if (!crosses && text[to] === '/') break;
      }
    }
    reached = next;
  }
  return reached.has(text.length);
}

function describe(rule: PolicyRule): string {
  const parts = [rule.effect, rule.tool, rule.agent && `by ${rule.agent}`, rule.trust].filter(Boolean);
  return `“${parts.join(' ') || 'any'} → ${rule.verdict}”`;
}
