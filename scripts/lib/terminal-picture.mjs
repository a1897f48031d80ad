/** Draws what a terminal shows, as `tmux capture-pane -e -p` gives it, as an SVG. Characters are one column wide. Scripts only; pure. */

const SIZE = { column: 8.4, row: 18, font: 14, margin: 16 };
const PAPER = '#0d1117';
const INK = '#d0d7de';
/** Black to white, as SGR 30–37 and 90–97 number them. */
const COLOURS = ['#6e7681', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#ffffff'];
const PLAIN = { colour: INK, bold: false, dim: false };

/**
 * @param {string} ansi lines with SGR escapes; blank lines at the end are left out
 * @param {{ columns: number, label: string }} options width of the terminal; `label` is for people who do not see it
 * @returns {string} the picture
 */
export function terminalSvg(ansi, { columns, label }) {
  const lines = ansi.trimEnd().split('\n');
  const width = Math.ceil(columns * SIZE.column + 2 * SIZE.margin);
  const height = Math.ceil(lines.length * SIZE.row + 2 * SIZE.margin);
  let style = PLAIN;
  const texts = lines.flatMap((line, row) => {
    const { runs, end } = runsOf(line, style);
    style = end;
    return runs.map((run) => textElement(run, row));
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(label)}">`,
    `<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${SIZE.font}">`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** A line cut into runs of one look each; blank runs are only counted. */
function runsOf(line, start) {
  const runs = [];
  let style = start;
  let column = 0;
  for (const part of line.split(/(\u001b\[[\d;?]*[A-Za-z])/)) {
    if (part.startsWith('\u001b[')) {
      if (part.endsWith('m')) style = styleAfter(style, part.slice(2, -1));
      continue;
    }
    const length = [...part].length;
    if (part.trim() !== '') runs.push({ ...style, column, length, text: part });
    column += length;
  }
  return { runs, end: style };
}

function styleAfter(style, codes) {
  let now = style;
  for (const code of codes.split(';').map(Number)) now = code === 0 ? PLAIN : { ...now, ...changeBy(code) };
  return now;
}

/** What one SGR code changes; of codes that are not known, nothing. */
function changeBy(code) {
  if (code === 1) return { bold: true };
  if (code === 2) return { dim: true };
  if (code === 22) return { bold: false, dim: false };
  if (code === 39) return { colour: INK };
  const isColour = (code >= 30 && code <= 37) || (code >= 90 && code <= 97);
  return isColour ? { colour: COLOURS[code % 10] } : {};
}

/** The length is fixed, so that columns stand in line whatever font the reader has. */
function textElement({ text, column, length, colour, bold, dim }, row) {
  const x = (SIZE.margin + column * SIZE.column).toFixed(1);
  const y = SIZE.margin + row * SIZE.row + SIZE.font;
  const looks = [`fill="${colour}"`, ...(bold ? ['font-weight="bold"'] : []), ...(dim ? ['opacity="0.6"'] : [])];
  const span = `textLength="${(length * SIZE.column).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text x="${x}" y="${y}" xml:space="preserve" ${span} ${looks.join(' ')}>${escapeXml(text)}</text>`;
}

function escapeXml(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
