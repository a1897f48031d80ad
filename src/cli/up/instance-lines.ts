/** What a running instance looks like to people. Pure. */
import type { InstanceRecord } from '../../integrations/instance/record.ts';
import type { Paint } from '../view/paint.ts';
import { workerText } from '../view/worker-text.ts';

/** Lines about an instance: mode, addresses, folder, process. */
export function instanceLines(record: InstanceRecord, dir: string, paint: Paint): string[] {
  const label = (name: string): string => paint('bold', name.padEnd(12));
  const { temporal, store } = record;
  const storeText =
    store === 'configured'
      ? 'the configured database'
      : store && 'url' in store
        ? 'PostgreSQL'
        : `PostgreSQL in ${dir}`;
  return [
    `${label('State')} ${record.state}${record.simulate ? paint('yellow', ' (simulated: no goal reaches Claude)') : ''}`,
    ...(temporal ? [`${label('Temporal')} ${temporal.address}, namespace ${temporal.namespace}`] : []),
    ...(temporal?.uiUrl ? [`${label('Web UI')} ${temporal.uiUrl}`] : []),
    ...(store === null ? [] : [`${label('Store')} ${storeText}`]),
    `${label('Data folder')} ${dir}`,
    ...(record.worker ? [`${label('Worker')} ${workerText(record.worker)}`] : []),
    `${label('Process')} ${record.up.pid}, since ${record.startedAt}`,
  ];
}
