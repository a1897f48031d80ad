/** Which test files need the machine to themselves, and which take long. Names below tests/, without the ending. */

/** They assert how fast something is, or storm the machine. Each runs alone, in a fresh process, after all others. */
export const ALONE = [
  'e2e/approval-outage',
  'e2e/cancel',
  'e2e/capacity',
  'e2e/client-storm',
  'e2e/linear-history',
  'e2e/neighbours',
  'e2e/network-faults',
  'e2e/recovery-time',
  'e2e/shutdown',
  'e2e/worker-storm',
  'testing/chaos',
];

/** They start first, so that no worker is left with one of them while the other has nothing to do. */
export const LONG = [
  'cli/up',
  'e2e/deploy',
  'replay/replay',
  'integrations/instance-servers',
  'e2e/run',
  'e2e/hostile-plans',
  'e2e/faults',
  'e2e/stuck-goals',
  'e2e/worker-kill',
  'e2e/schedule-outages',
  'cli/version-bump',
];
