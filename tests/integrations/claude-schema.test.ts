import { z } from 'zod';
import { planSchema } from '../../src/core/plan.ts';
import { checkAnswerSchema, submissionSchema } from '../../src/core/submission.ts';
import { jsonFormat, toolParam } from '../../src/integrations/claude/schema.ts';

function objectsOf(node: unknown): Record<string, unknown>[] {
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.values(node).flatMap(objectsOf);
  return 'type' in node && node.type === 'object' ? [node as Record<string, unknown>, ...inner] : inner;
}

describe('jsonFormat', () => {
  it.each([
    ['plan', planSchema],
    ['check', checkAnswerSchema],
  ])('%s schema → a json_schema format as plain data, every object closed, no parse', (_name, schema) => {
    const format = jsonFormat(schema);
    expect(Object.keys(format).sort()).toEqual(['schema', 'type']);
    expect(JSON.parse(JSON.stringify(format))).toEqual(format);
    const objects = objectsOf(format.schema);
    expect(objects.length).toBeGreaterThan(1);
    expect(objects.every((node) => node.additionalProperties === false)).toBe(true);
  });

  it('limits → words in the description, as Claude is not held to them', () => {
    const { schema } = jsonFormat(z.object({ priority: z.int().min(1).max(5).describe('How soon.') }));
    expect(schema.properties).toMatchObject({
      priority: { type: 'integer', description: expect.stringMatching(/How soon\.[\s\S]*minimum: 1/) },
    });
  });

  it.each([
    ['record', z.object({ a: z.object({ pairs: z.record(z.string(), z.number()) }) })],
    ['loose object', z.object({ a: z.array(z.looseObject({ b: z.string() })) })],
  ])('a schema with a %s → refused, as it would lose members', (_name, schema) => {
    expect(() => jsonFormat(schema)).toThrow(expect.objectContaining({ code: 'internal.bug' }));
  });
});

describe('toolParam', () => {
  it('a tool → strict, with the schema’s object as its input', () => {
    const tool = toolParam('submit_result', 'Hands in the result.', submissionSchema);
    expect(tool).toMatchObject({
      name: 'submit_result',
      description: 'Hands in the result.',
      strict: true,
      input_schema: { type: 'object' },
    });
    expect(tool.input_schema.properties).toHaveProperty('evidence');
    expect(JSON.parse(JSON.stringify(tool))).toEqual(tool);
  });

  it('an input that is no object → refused', () => {
    expect(() => toolParam('t', 'd', z.string())).toThrow(expect.objectContaining({ code: 'internal.bug' }));
  });
});
