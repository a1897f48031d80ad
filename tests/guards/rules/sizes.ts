/** Sizes of files, functions and parameter lists. Tests only. */
import { type Breach, lineOf, type SourceFile } from '../support/source-file.ts';
import { visit } from '../support/visit.ts';

const FILE_LINES = 400;
const FUNCTION_LINES = 60;
/** A workflow's body tells a story from top to bottom. */
const WORKFLOW_LINES = 90;
const PARAMETERS = 3;

/** Files over 400 lines. */
export function fileSizeBreaches(files: readonly SourceFile[]): Breach[] {
  return files
    .map((file) => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > FILE_LINES)
    .map(({ path, lines }) => `${path}: ${lines} lines; a file has at most ${FILE_LINES}`);
}

/** Functions over 60 lines (a workflow: 90), and over three parameters. */
export function functionSizeBreaches(files: readonly SourceFile[]): Breach[] {
  return files.flatMap((file) =>
    functionsOf(file).flatMap(({ name, line, lines, parameters }) => {
      const where = `${file.path}:${line}: ${name || 'a function'}`;
      const most =
        file.path.startsWith('src/workflows/') && name.endsWith('Workflow') ? WORKFLOW_LINES : FUNCTION_LINES;
      return [
        ...(lines > most ? [`${where} has ${lines} lines; at most ${most}`] : []),
        ...(parameters > PARAMETERS
          ? [`${where} has ${parameters} parameters; at most ${PARAMETERS}, then an object`]
          : []),
      ];
    }),
  );
}

interface Measured {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
}

function functionsOf({ text, parsed }: SourceFile): Measured[] {
  const found: Measured[] = [];
  const names = new Map<number, string>();
  const measure = (node: { start: number; end: number; params: readonly { type: string }[] }, name: string): void => {
    const line = lineOf(text, node.start);
    const parameters = node.params.filter((one) => one.type !== 'TSParameterProperty').length;
    found.push({ name: names.get(node.start) ?? name, line, lines: lineOf(text, node.end) - line + 1, parameters });
  };
  visit(parsed.program, {
    VariableDeclarator(node) {
      if (node.init && node.id.type === 'Identifier') names.set(node.init.start, node.id.name);
    },
    MethodDefinition(node) {
      if (node.key.type === 'Identifier') names.set(node.value.start, node.key.name);
    },
    FunctionDeclaration: (node) => measure(node, node.id?.name ?? ''),
    FunctionExpression: (node) => measure(node, node.id?.name ?? ''),
    ArrowFunctionExpression: (node) => measure(node, ''),
  });
  return found;
}
