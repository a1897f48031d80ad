/** The policy engine: table of rules × calls, and properties that hold for all of them. */
import fc from 'fast-check';
import { decidePolicy, type PolicyCall } from '../../src/agents/policy.ts';
import type { Json } from '../../src/core/json.ts';
import { type GoalPolicy, goalPolicySchema, policyRuleSchema, policySchema } from '../../src/core/policy.ts';

const DEFAULTS = policySchema.parse({});
const call = (change: Partial<PolicyCall> = {}): PolicyCall => ({
  tool: 'write_file',
  effect: 'write',
  agent: 'writer',
  arguments: { path: 'reports/a.md' },
  trust: 'trusted',
  ...change,
});
const withRules = (...rules: unknown[]) => policySchema.parse({ rules });

describe('decidePolicy without rules', () => {
  it.each([
    ['pure', 'trusted', 'allow'],
    ['read', 'untrusted', 'allow'],
    ['write', 'trusted', 'allow'],
    ['write', 'untrusted', 'allow'],
    ['outward', 'trusted', 'ask'],
    ['outward', 'untrusted', 'ask'],
    ['destructive', 'trusted', 'ask'],
    ['destructive', 'untrusted', 'ask'],
    [undefined, 'trusted', 'deny'],
    ['teleport', 'trusted', 'deny'],
  ])('effect %s, context %s → %s', (effect, trust, verdict) => {
    const asked = call({ effect: effect as PolicyCall['effect'], trust: trust as PolicyCall['trust'] });
    expect(decidePolicy(DEFAULTS, undefined, asked).verdict).toBe(verdict);
  });
});

describe('decidePolicy with rules', () => {
  const at = (path: Json) => call({ arguments: { path } });
  const onlyReports = { tool: 'write_file', arguments: { path: { like: 'reports/*' } }, verdict: 'allow' };
  const noSecrets = { effect: 'write', arguments: { path: { like: 'secrets/**' } }, verdict: 'deny' };
  it.each<[string, unknown[], PolicyCall, string]>([
    ['first rule that holds decides', [{ verdict: 'ask' }, { verdict: 'deny' }], call(), 'ask'],
    ['tool by name', [{ tool: 'write_file', verdict: 'deny' }], call(), 'deny'],
    ['tool by star', [{ tool: 'mail.*', verdict: 'deny' }], call({ tool: 'mail.send' }), 'deny'],
    ['star stands for a part only', [{ tool: 'mail.*', verdict: 'deny' }], call({ tool: 'email' }), 'allow'],
    ['another agent', [{ agent: 'critic', verdict: 'deny' }], call(), 'allow'],
    ['path within the form', [onlyReports, { verdict: 'ask' }], at('reports/a.md'), 'allow'],
    ['* stops at /', [onlyReports, { verdict: 'ask' }], at('reports/x/a.md'), 'ask'],
    ['a path that climbs out is not allowed by form', [onlyReports, { verdict: 'ask' }], at('reports/../a'), 'ask'],
    ['** passes /', [noSecrets], at('secrets/x/y'), 'deny'],
    ['a path that climbs out is denied where a form denies', [noSecrets], at('a/../secrets/x'), 'deny'],
    ['a missing argument: strict rules hold', [noSecrets], call({ arguments: {} }), 'deny'],
    ['a missing argument: allowing rules do not', [onlyReports, { verdict: 'ask' }], call({ arguments: {} }), 'ask'],
    ['an argument of another shape: as if missing', [noSecrets], at(['secrets/x']), 'deny'],
    [
      'inherited names are no arguments',
      [{ arguments: { toString: { like: '**' } }, verdict: 'allow' }],
      call({ effect: 'outward' }),
      'ask',
    ],
    [
      'number up to a limit',
      [{ arguments: { n: { max: 5 } }, verdict: 'deny' }],
      call({ arguments: { n: 5 } }),
      'deny',
    ],
    ['number beyond it', [{ arguments: { n: { max: 5 } }, verdict: 'deny' }], call({ arguments: { n: 6 } }), 'allow'],
    [
      'equals compares type as well',
      [{ arguments: { n: { equals: '5' } }, verdict: 'deny' }],
      call({ arguments: { n: 5 } }),
      'allow',
    ],
    [
      'one of',
      [{ arguments: { to: { oneOf: ['a', 'b'] } }, verdict: 'deny' }],
      call({ arguments: { to: 'b' } }),
      'deny',
    ],
    [
      'untrusted context asks where a rule allows',
      [{ effect: 'outward', verdict: 'allow' }],
      call({ effect: 'outward', trust: 'untrusted' }),
      'ask',
    ],
    [
      'unless the rule names it',
      [{ effect: 'outward', trust: 'untrusted', verdict: 'allow' }],
      call({ effect: 'outward', trust: 'untrusted' }),
      'allow',
    ],
    ['no rule allows an unknown tool', [{ verdict: 'allow' }], call({ effect: undefined }), 'deny'],
  ])('%s', (...[, rules, asked, verdict]) => {
    expect(decidePolicy(withRules(...rules), undefined, asked)).toMatchObject({ verdict, why: expect.any(String) });
  });

  it('a text too long for forms → as if missing', () => {
    expect(decidePolicy(withRules(noSecrets), undefined, at('a'.repeat(5_000))).verdict).toBe('deny');
  });

  it('pattern of many stars → decided at once', () => {
    const rules = withRules({ arguments: { path: { like: '**a'.repeat(60) } }, verdict: 'deny' });
    const started = performance.now();
    expect(decidePolicy(rules, undefined, at(`${'a'.repeat(4_000)}b`)).verdict).toBe('allow');
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('rules of a goal', () => {
  const effects = fc.constantFrom('pure', 'read', 'write', 'outward', 'destructive');
  const rule = fc.record(
    {
      tool: fc.constantFrom('write_file', 'mail.*', '*'),
      effect: effects,
      agent: fc.constantFrom('writer', 'critic', 'w*'),
      trust: fc.constantFrom('trusted', 'untrusted'),
      verdict: fc.constantFrom('allow', 'ask', 'deny'),
    },
    { requiredKeys: ['verdict'] },
  );
  const calls = fc.record({
    tool: fc.constantFrom('write_file', 'mail.send', 'other'),
    effect: fc.option(effects, { nil: undefined }),
    agent: fc.constantFrom('writer', 'critic'),
    trust: fc.constantFrom('trusted', 'untrusted'),
  });

  it('any rules × any call → never looser than the configured policy', () => {
    const order = ['allow', 'ask', 'deny'];
    fc.assert(
      fc.property(fc.array(rule), fc.array(rule), calls, (configured, own, asked) => {
        const policy = policySchema.parse({ rules: configured });
        const goal: GoalPolicy = goalPolicySchema.parse({ rules: own });
        const given = call(asked as Partial<PolicyCall>);
        const before = decidePolicy(policy, undefined, given).verdict;
        const after = decidePolicy(policy, goal, given).verdict;
        expect(order.indexOf(after)).toBeGreaterThanOrEqual(order.indexOf(before));
      }),
      { numRuns: 500 },
    );
  });

  it('schema: unknown members, two conditions in one, odd names → refused', () => {
    for (const bad of [
      { verdict: 'allow', effects: 'read' },
      { verdict: 'maybe' },
      { verdict: 'deny', arguments: { path: { equals: 'a', like: 'b' } } },
      { verdict: 'deny', tool: 'a b' },
      { verdict: 'deny', arguments: { 'a.b': { equals: 1 } } },
    ]) {
      expect(policyRuleSchema.safeParse(bad).success).toBe(false);
    }
  });
});
