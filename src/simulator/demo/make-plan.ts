/** The demo's plan: tasks named after the goal's phrases, a fan-out and a join, and a script of what goes wrong. Pure. */
import type { Plan, PlanTask } from '../../core/plan.ts';
import type { ListedAgent } from '../parse-prompt.ts';
import { chooseAgent, type WorkKind } from './choose-agent.ts';
import { type GoalFacts, shorten, slug } from './goal-facts.ts';
import { MARK_ASKS, MARK_BLOCKED, MARK_SENT_BACK, MARK_WRITES_FILE } from './script-marks.ts';

/** Section names that tasks are asked for; `task-sections.ts` knows how to fill them. */
export const SECTIONS = {
  says: 'What the goal says',
  gaps: 'Gaps',
  figures: 'Figures in the goal',
  compare: 'Side by side',
  questions: 'Open questions',
  draft: 'Draft',
} as const;

const MIN_BRANCHES = 3;
const MAX_BRANCHES = 5;

const hasPhrase = (phrase: string): string => `The result contains the phrase "${phrase}".`;
const hasSection = (name: string): string => `The result has a section headed "${name}".`;

interface Sketch {
  readonly id: string;
  readonly title: string;
  readonly kind: WorkKind;
  readonly instructions: string;
  readonly criteria: readonly string[];
  readonly dependsOn: readonly string[];
  readonly tier: PlanTask['tier'];
  readonly effort: PlanTask['effort'];
}

/** A unique id from a verb and a phrase. */
function idMaker(): (verb: string, phrase: string) => string {
  const used = new Set<string>();
  return (verb, phrase) => {
    const base = [verb, slug(phrase)].filter((part) => part !== '').join('-');
    let id = base;
    for (let count = 2; used.has(id); count += 1) id = `${base}-${count}`;
    used.add(id);
    return id;
  };
}

/** What the branches look at: the goal's phrases, filled up with views on the whole goal. */
function branchTopics(facts: GoalFacts): { readonly verb: string; readonly phrase: string }[] {
  const wanted = Math.min(MAX_BRANCHES, Math.max(MIN_BRANCHES, Math.ceil(facts.phrases.length * 0.6)));
  const topics = facts.phrases.slice(0, wanted).map((phrase) => ({ verb: 'look-at', phrase }));
  const views = ['wording-of', 'aim-of', 'limits-of'].map((verb) => ({ verb, phrase: facts.subject }));
  return [...topics, ...views].slice(0, Math.max(wanted, MIN_BRANCHES));
}

function branch(topic: { verb: string; phrase: string }, index: number, make: { id: string; after: string }): Sketch {
  const marks = [MARK_SENT_BACK, MARK_BLOCKED];
  const view = topic.verb.replaceAll('-', ' ');
  const name = `${view.charAt(0).toUpperCase()}${view.slice(1)} “${topic.phrase}”`;
  const mark = marks[index] ? ` ${marks[index]}` : '';
  return {
    id: make.id,
    title: name,
    kind: 'research',
    instructions: `Collect what the goal says about "${topic.phrase}", word for word, and what it leaves open.${mark}`,
    criteria: [hasPhrase(topic.phrase), hasSection(SECTIONS.says), hasSection(SECTIONS.gaps)],
    dependsOn: [make.after],
    tier: 'fast',
    effort: 'S',
  };
}

function figuresTask(facts: GoalFacts, id: string, after: string): Sketch {
  const figures = facts.figures.slice(0, 3);
  return {
    id,
    title: `List the figures: ${figures.join(', ')}`,
    kind: 'analysis',
    instructions: 'List every figure that stands in the goal, with the sentence it stands in.',
    criteria: [hasSection(SECTIONS.figures), ...figures.map(hasPhrase)],
    dependsOn: [after],
    tier: 'fast',
    effort: 'S',
  };
}

/** What a sentence of the goal that begins with “Ask me” wants asked, for the end of a task's instructions. */
function asked({ sentences }: GoalFacts): string {
  const [question] = sentences.flatMap((sentence) => /^ask me\b[\s:,]*(.+)$/iu.exec(sentence)?.[1] ?? []);
  return question === undefined ? '' : ` ${MARK_ASKS} ${question}`;
}

function sketches(facts: GoalFacts): Sketch[] {
  const { subject } = facts;
  const id = idMaker();
  const scope: Sketch = {
    id: id('scope', subject),
    title: `Scope of “${subject}”`,
    kind: 'research',
    instructions: `List the statements of the goal, word for word, in their order.${asked(facts)}`,
    criteria: [hasPhrase(subject), hasSection(SECTIONS.says)],
    dependsOn: [],
    tier: 'fast',
    effort: 'S',
  };
  const topics = branchTopics(facts);
  const branches = topics.map((topic, index) =>
    branch(topic, index, { id: id(topic.verb, topic.phrase), after: scope.id }),
  );
  const figures = facts.figures.length > 0 ? [figuresTask(facts, id('figures-of', subject), scope.id)] : [];
  const found = [...branches, ...figures].map((task) => task.id);
  const compare: Sketch = {
    id: id('compare', subject),
    title: `Put the findings on “${subject}” side by side`,
    kind: 'analysis',
    instructions: 'Put what the earlier results found into one table.',
    criteria: [hasSection(SECTIONS.compare), ...topics.slice(0, 2).map((topic) => hasPhrase(topic.phrase))],
    dependsOn: found,
    tier: 'balanced',
    effort: 'M',
  };
  const question: Sketch = {
    id: id('question', subject),
    title: `Ask what “${subject}” leaves open`,
    kind: 'critique',
    instructions: 'Turn the gaps that the earlier results found into questions.',
    criteria: [hasSection(SECTIONS.questions)],
    dependsOn: branches.map((task) => task.id),
    tier: 'balanced',
    effort: 'S',
  };
  const draft: Sketch = {
    id: id('draft', subject),
    title: `Draft a text on “${subject}”`,
    kind: 'writing',
    instructions: `Put the earlier results together into one text. ${MARK_WRITES_FILE}`,
    criteria: [hasSection(SECTIONS.draft), hasPhrase(subject)],
    dependsOn: [compare.id, question.id],
    tier: 'balanced',
    effort: 'M',
  };
  return [scope, ...branches, ...figures, compare, question, draft];
}

/** Leaves tasks out until the plan fits: branches from the end first, the first and the last task at the very end. */
function fit(all: readonly Sketch[], maxTasks: number): Sketch[] {
  const droppable = all.slice(1, -1).map((task) => task.id);
  const dropped = new Set(droppable.slice(Math.max(0, maxTasks - 2)));
  const kept = all.filter((task) => !dropped.has(task.id)).slice(-Math.max(1, maxTasks));
  const ids = new Set(kept.map((task) => task.id));
  return kept.map((task) => ({ ...task, dependsOn: task.dependsOn.filter((id) => ids.has(id)) }));
}

function toTask(sketch: Sketch, agents: readonly ListedAgent[]): PlanTask {
  const chosen = chooseAgent(agents, sketch.kind);
  return {
    id: sketch.id,
    title: shorten(sketch.title, 120),
    instructions: sketch.instructions,
    agent: chosen?.agent ?? 'generalist',
    agentReason: chosen?.reason ?? 'Simulated choice: the request lists no agents.',
    tier: sketch.tier,
    dependsOn: [...sketch.dependsOn],
    acceptanceCriteria: [...sketch.criteria],
    effort: sketch.effort,
    priority: 3,
    onFailure: 'retry',
    optional: false,
  };
}

/** The plan for a goal: at least six tasks unless `maxTasks` forbids it. */
export function makePlan(facts: GoalFacts, agents: readonly ListedAgent[], maxTasks: number): Plan {
  const names = facts.phrases.slice(0, 2).map((phrase) => `The deliverable names "${phrase}".`);
  return {
    title: shorten(facts.title, 120),
    acceptanceCriteria: [...names, `The deliverable has a section headed "${SECTIONS.questions}".`],
    tasks: fit(sketches(facts), maxTasks).map((sketch) => toTask(sketch, agents)),
  };
}
