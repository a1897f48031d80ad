/** Pictures of Temporal's Web UI, by a Chromium without a window. Scripts only. */
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const WIDTH = 1400;
/** Columns of the list, as a person would choose them with the gear below it. */
const COLUMNS = [
  'Status',
  'Workflow ID',
  ...['Status', 'Awaiting', 'CostUsd', 'Tags'].map((name) => `Orchestrator${name}`),
];

/**
 * @param {string} url address of the list of workflows
 * @param {string} folder where pictures go
 */
export async function openWebUi(url, folder) {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const context = await browser.newContext();
  await context.addInitScript((labels) => {
    const columns = { default: labels.map((label) => ({ label })) };
    localStorage.setItem('namespace-workflow-table-columns', JSON.stringify(columns));
    localStorage.setItem('eventFilterSort', '"ascending"');
  }, COLUMNS);
  const page = await context.newPage();
  const visit = async (path, size) => {
    await page.setViewportSize({ width: WIDTH, ...size });
    await page.goto(`${url}${path}`);
  };
  const save = async (name) => {
    // Graphs and tables grow into place.
    await page.waitForTimeout(1_500);
    await page.screenshot({ path: join(folder, name) });
  };
  /** The goal's page; it sends on to the run's history. */
  const visitGoal = async (goalId, height) => {
    await visit(`/goal-${goalId}`, { height });
    await page.getByRole('heading', { name: 'Event History', exact: true }).waitFor();
  };
  return {
    async list(name) {
      await visit('', { width: 1_520, height: 430 });
      await page.getByText('goal-').first().waitFor();
      await save(name);
    },
    async history(goalId, name) {
      await visitGoal(goalId, 1_000);
      await save(name);
    },
    async details(goalId, name) {
      await visitGoal(goalId, 820);
      await page.getByText('User Metadata').click();
      await page.frameLocator('iframe').last().locator('table').waitFor();
      await save(name);
    },
    async events(goalId, name) {
      await visitGoal(goalId, 1_100);
      await page.getByTestId('compact').click();
      const row = page.locator('tr', { hasText: 'callModel' }).first();
      await row.waitFor();
      await page.mouse.wheel(0, 480);
      await save(name);
    },
    /** The events of the activity with this summary. */
    async call(goalId, { summary, name }) {
      await visitGoal(goalId, 1_520);
      await page.getByTestId('compact').click();
      await page.locator('tr', { hasText: summary }).first().locator('a').last().click();
      await page.getByText('Activity Task Completed').last().waitFor();
      await save(name);
    },
    close: () => browser.close(),
  };
}
