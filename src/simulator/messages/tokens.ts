/** Deterministic token estimates of the simulator; pure. */

/** UTF-8 bytes that count as one token; close to English prose and code, on the high side for other scripts. */
export const BYTES_PER_TOKEN = 3.6;
/** Tokens that every message costs beside its content. */
export const MESSAGE_TOKENS = 3;
/** Tokens of the API's own instructions that come with tools. */
export const TOOL_PREAMBLE_TOKENS = 300;
/** Tokens that an image or document costs when its size is unknown. */
const MEDIA_TOKENS = 1_500;

/** Tokens of a text: UTF-8 bytes / 3.6, rounded up. */
export function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, 'utf8') / BYTES_PER_TOKEN);
}

/** The part of a text that fits into so many tokens; never splits a character. */
export function textWithin(text: string, tokens: number): string {
  const budget = Math.floor(tokens * BYTES_PER_TOKEN);
  let bytes = 0;
  let end = 0;
  for (const char of text) {
    bytes += Buffer.byteLength(char, 'utf8');
    if (bytes > budget) break;
    end += char.length;
  }
  return text.slice(0, end);
}

/** Tokens of a content block as JSON without its cache mark, media at a flat figure. */
export function blockTokens(block: { readonly type: string }): number {
  if (block.type === 'image' || block.type === 'document') return MEDIA_TOKENS;
  const text = (block as { text?: unknown }).text;
  if (block.type === 'text' && typeof text === 'string') return textTokens(text);
  return textTokens(JSON.stringify({ ...block, cache_control: undefined }));
}
