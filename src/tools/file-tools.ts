/** The workspace tools: list, read and write files of one goal. Host side. */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { defineTool, type Tool, type ToolOutput } from './tool.ts';
import { confine, confineFile, PathRefused } from './workspace-path.ts';

const MAX_ENTRIES = 1_000;
const MAX_FILE_BYTES = 25 * 1024 * 1024;
/** Characters one read returns at most. */
const MAX_READ_CHARS = 40_000;
const path = z.string().min(1).max(512).describe('Path relative to the workspace, e.g. "report/summary.md".');

const refused = (text: string): ToolOutput => ({ text, isError: true });

/** Errors of paths and files become words for the model; everything else is thrown. */
async function telling(work: () => Promise<ToolOutput>): Promise<ToolOutput> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PathRefused) return refused(error.message);
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return refused('There is no such file.');
    if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'ELOOP') return refused('The path does not name a file.');
    throw error;
  }
}

async function walk(root: string, folder: string, found: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (found.length >= MAX_ENTRIES) return;
    const full = join(folder, entry.name);
    if (entry.isDirectory()) await walk(root, full, found);
    else if (entry.isFile()) found.push(relative(root, full));
  }
}

const listFiles = defineTool({
  name: 'list_files',
  description: 'Lists the files of the workspace, which all tasks of the goal share.',
  input: z.strictObject({}),
  effect: 'read',
  repeatable: true,
  run: (_input, context) =>
    telling(async () => {
      const root = await confine(context.workspace, '');
      const found: string[] = [];
      await walk(root, root, found);
      return { text: found.length === 0 ? 'The workspace is empty.' : found.join('\n') };
    }),
});

async function readSlice(file: FileHandle, offset: number): Promise<string> {
  const { size } = await file.stat();
  if (size > MAX_FILE_BYTES) return `The file has ${size} bytes, which is too much to read.`;
  const text = new TextDecoder().decode(await file.readFile());
  const slice = text.slice(offset, offset + MAX_READ_CHARS);
  const end = offset + slice.length;
  return end < text.length
    ? `${slice}\n[characters ${offset}–${end} of ${text.length}; read on with offset ${end}]`
    : slice;
}

const readFile = defineTool({
  name: 'read_file',
  description: 'Reads a text file of the workspace. Long files come in parts: pass the offset named at the end.',
  input: z.strictObject({ path, offset: z.int().min(0).default(0).describe('First character to return.') }),
  effect: 'read',
  repeatable: true,
  run: (input, context) =>
    telling(async () => {
      const full = await confineFile(context.workspace, input.path);
      const file = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        return { text: await readSlice(file, input.offset) };
      } finally {
        await file.close();
      }
    }),
});

const writeFile = defineTool({
  name: 'write_file',
  description: 'Writes a text file into the workspace, replacing it when it exists. Folders are made as needed.',
  input: z.strictObject({ path, content: z.string().max(2_000_000).describe('The whole content of the file.') }),
  effect: 'write',
  repeatable: true,
  run: (input, context) =>
    telling(async () => {
      const full = await confineFile(context.workspace, input.path, true);
      const draft = `${full}.${crypto.randomUUID()}.part`;
      try {
        const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
        try {
          await file.writeFile(input.content);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(draft, full);
      } finally {
        await rm(draft, { force: true });
      }
      return { text: `Wrote ${Buffer.byteLength(input.content)} bytes to ${input.path}.` };
    }),
});

export const FILE_TOOLS: readonly Tool[] = [listFiles, readFile, writeFile];
