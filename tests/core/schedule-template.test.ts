/** Goal templates: values go in once, and nothing they hold is looked at again. */
import { planSchema, planTaskSchema } from '../../src/core/plan.ts';
import { render, variablesIn } from '../../src/core/schedule-template.ts';

const task = planTaskSchema.parse({
  ...{
    id: 'a',
    title: '{{a}}',
    instructions: 'do {{ a }}',
    agent: 'writer',
    tier: 'fast',
    acceptanceCriteria: ['{{d}}'],
  },
});
const plan = planSchema.parse({ title: 'plan {{b}}', acceptanceCriteria: ['{{c}}'], tasks: [task] });

describe('render', () => {
  it('values with placeholders, dollar signs, prototypes → put in as they are, once', () => {
    const values = { a: '{{b}}', b: "$& $1 $' {{a}}", c: '' };
    expect(render({ text: '{{a}}|{{b}}|{{c}}|{{d}}|{{constructor}}|{{{a}}}' }, values).text).toBe(
      "{{b}}|$& $1 $' {{a}}||{{d}}|{{constructor}}|{{{b}}}",
    );
  });

  it('a plan → its titles, instructions and criteria; ids and agents stay', () => {
    const rendered = render({ text: '', plan }, { a: '1', b: '2', c: '3', d: '4' });
    expect(rendered.plan).toMatchObject({
      title: 'plan 2',
      acceptanceCriteria: ['3'],
      tasks: [{ id: 'a', title: '1', instructions: 'do 1', acceptanceCriteria: ['4'], agent: 'writer' }],
    });
  });
});

describe('variablesIn', () => {
  it('texts → their names; what is no name is text', () => {
    const text = '{{x}} {{ y }} {{}} {{1}} {{a b}} { {z} } {{last-result}}';
    expect([...variablesIn({ text, plan })].sort()).toEqual(['a', 'b', 'c', 'd', 'x', 'y']);
  });
});
