/** Reads acceptance criteria: which sections and phrases they ask for. Pure. */

/** What a criterion asks for, as far as its quotation marks tell. */
export interface Wanted {
  readonly sections: readonly string[];
  readonly phrases: readonly string[];
}

const QUOTED = /"([^"\n]{1,200})"|“([^”\n]{1,200})”/g;

/** Quoted names after "section headed" are sections, all others phrases. Works on any text, e.g. feedback. */
export function wantedBy(text: string): Wanted {
  const sections: string[] = [];
  const phrases: string[] = [];
  for (const match of text.matchAll(QUOTED)) {
    const quoted = match[1] ?? match[2] ?? '';
    const before = text.slice(Math.max(0, match.index - 30), match.index);
    if (/section (?:headed|called|named|titled)\s*$/i.test(before)) sections.push(quoted);
    else phrases.push(quoted);
  }
  return { sections, phrases };
}

/** Where a section's heading line begins in a Markdown text, -1 when there is none. */
export function headingIndex(markdown: string, section: string): number {
  const wanted = section.trim().toLowerCase();
  for (const heading of markdown.matchAll(/^#{1,6}\s+(.*)$/gm)) {
    if ((heading[1] ?? '').trim().toLowerCase() === wanted) return heading.index;
  }
  return -1;
}
