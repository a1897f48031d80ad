import { BUILT_IN_AGENTS, BUILT_IN_TOOLS } from '../../src/agents/built-in-agents.ts';
import { CHECKER } from '../../src/agents/checker.ts';
import { MANAGER } from '../../src/agents/manager.ts';
import { resolveAgents } from '../../src/agents/resolve-agents.ts';
import { type AgentDefinition, agentSchema } from '../../src/core/agent.ts';
import { validatePlan } from '../../src/tasks/validate-plan.ts';

const NAMES = ['researcher', 'analyst', 'writer', 'engineer', 'critic', 'generalist'];
const own = (name: string, more: Partial<AgentDefinition> = {}): AgentDefinition => ({
  name,
  description: 'Does things.',
  instructions: 'Do things.',
  tier: 'fast',
  tools: [],
  ...more,
});

describe('built-in agents', () => {
  it('agents: the six roles → there, in a fixed order', () => {
    expect(BUILT_IN_AGENTS.map((agent) => agent.name)).toEqual(NAMES);
  });

  it.each([...BUILT_IN_AGENTS, MANAGER, CHECKER].map((agent) => [agent.name, agent]))(
    'agents: %s → fits the schema',
    (_name, agent) => {
      expect(agentSchema.parse(agent)).toEqual(agent);
    },
  );

  it('agents: tool sets → equal for all that write, so that they share a cached prefix; the critic only reads', () => {
    const writers = BUILT_IN_AGENTS.filter((agent) => agent.name !== 'critic');
    for (const agent of writers) expect(agent.tools).toEqual(BUILT_IN_TOOLS);
    expect(BUILT_IN_AGENTS.find((agent) => agent.name === 'critic')?.tools).toEqual([
      'ask_person',
      'list_files',
      'read_file',
    ]);
    expect([...MANAGER.tools, ...CHECKER.tools]).toEqual([]);
  });
});

describe('resolveAgents', () => {
  it('own agents: a new one → added after the built-in ones', () => {
    expect(resolveAgents([own('lawyer')]).map((agent) => agent.name)).toEqual([...NAMES, 'lawyer']);
  });

  it('own agents: a built-in name → takes its place', () => {
    const agents = resolveAgents([own('writer', { tools: ['read_file'] })]);
    expect(agents.map((agent) => agent.name)).toEqual(NAMES);
    expect(agents[2]).toEqual(own('writer', { tools: ['read_file'] }));
  });

  it.each(['manager', 'checker'])('own agents: %s → refused', (name) => {
    expect(() => resolveAgents([own(name)])).toThrow(
      expect.objectContaining({ code: 'agents.reserved-name', facts: { name } }),
    );
  });

  it('own agents: the same name twice → refused', () => {
    expect(() => resolveAgents([own('a'), own('a')])).toThrow(
      expect.objectContaining({ code: 'agents.duplicate-name' }),
    );
  });

  it('own agents: an unknown tool → refused, the known ones listed', () => {
    expect(() => resolveAgents([own('a', { tools: ['read_file', 'shell'] })])).toThrow(
      expect.objectContaining({
        code: 'agents.unknown-tool',
        remedy: expect.stringContaining('list_files, read_file, write_file'),
      }),
    );
    expect(resolveAgents([own('a', { tools: ['shell'] })], ['shell'])).toHaveLength(7);
  });
});

describe('selection by the manager', () => {
  const rules = { agents: resolveAgents([own('lawyer')]).map((agent) => agent.name), maxTasks: 10 };
  const planWith = (agent: string) => ({
    title: 'x',
    tasks: [{ id: 'a', title: 'x', instructions: 'x', agent, agentReason: 'It knows the law.', tier: 'fast' }],
  });

  it('selection: an agent of the list → recorded with the reason', () => {
    expect(validatePlan(planWith('lawyer'), rules)).toMatchObject({
      ok: true,
      plan: { tasks: [{ agent: 'lawyer', agentReason: 'It knows the law.' }] },
    });
  });

  it.each(['layer', 'Lawyer', 'manager', 'checker', '__proto__'])('selection: %s → refused', (name) => {
    expect(validatePlan(planWith(name), rules)).toMatchObject({
      ok: false,
      problems: [{ code: 'plan.unknown-agent' }],
    });
  });
});
