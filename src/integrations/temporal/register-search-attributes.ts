/** Makes the search attributes of goals known to a Temporal namespace. Host side. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, isGrpcServiceError } from '@temporalio/client';
import { searchAttributes } from '../../core/contracts/messages.ts';
import { OrchestratorError } from '../../core/failures.ts';

/** A `Connection` or a `NativeConnection`. */
export type SearchAttributeServer = Pick<Connection, 'operatorService' | 'workflowService' | 'withDeadline'>;

const WANTED = Object.values(searchAttributes);
const TIMEOUT_MS = 30_000;
/** UNIMPLEMENTED, PERMISSION_DENIED, UNAUTHENTICATED: Temporal Cloud has no operator service. */
const NO_OPERATOR_SERVICE = [12, 7, 16];

/**
 * Adds the attributes that the namespace lacks and returns when all can be used. Throws `temporal.search-attributes`, naming
 * each attribute, when one exists with another type or cannot be added. Safe in several processes at once.
 */
export async function registerSearchAttributes(connection: SearchAttributeServer, namespace: string): Promise<void> {
  await connection.withDeadline(Date.now() + TIMEOUT_MS, async () => {
    try {
      const found = await compareTypes(connection, namespace);
      const missing = WANTED.filter(({ name }) => !(name in found));
      if (missing.length > 0) await addMissing(connection, namespace, missing);
    } catch (error) {
      if (isGrpcServiceError(error) && NO_OPERATOR_SERVICE.includes(error.code)) {
        return await demandUsable(connection, namespace, error);
      }
      throw error;
    }
    await untilUsable(connection, namespace);
  });
}

/** Attributes of the namespace by name; refuses ours with another type. */
async function compareTypes(connection: SearchAttributeServer, namespace: string): Promise<Record<string, number>> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const mismatches = WANTED.flatMap(({ name, type }) => {
    const found = customAttributes[name];
    return found === undefined || found === typeNumber(type) ? [] : [{ name, wanted: type, found: typeName(found) }];
  });
  if (mismatches.length === 0) return customAttributes;
  const list = mismatches.map(({ name, wanted, found }) => `${name} is ${found} and must be ${wanted}`).join('; ');
  throw new OrchestratorError(
    'temporal.search-attributes',
    `Search attributes of namespace "${namespace}" clash: ${list}.`,
    {
      remedy: `Use another namespace, or remove what nothing uses (\`temporal operator search-attribute remove -n ${namespace} --name …\`).`,
      facts: { namespace, mismatches },
    },
  );
}

async function addMissing(connection: SearchAttributeServer, namespace: string, missing: typeof WANTED): Promise<void> {
  const attributes = Object.fromEntries(missing.map(({ name, type }) => [name, typeNumber(type)]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: attributes });
  } catch (error) {
    if (!isGrpcServiceError(error) || NO_OPERATOR_SERVICE.includes(error.code)) throw error;
    const ALREADY_EXISTS = 6;
    if (error.code !== ALREADY_EXISTS) throw cannotAdd(namespace, missing, error);
  }
  // Another process may have added them meanwhile, and the server takes a second type without a word.
  await compareTypes(connection, namespace);
}

function cannotAdd(namespace: string, missing: typeof WANTED, cause: Error & { details?: string }): OrchestratorError {
  const list = missing.map(({ name, type }) => `${name} (${type})`).join(', ');
  const message = `Search attributes cannot be added to namespace "${namespace}": ${list}: ${cause.details || cause.message}.`;
  return new OrchestratorError('temporal.search-attributes', message, {
    remedy: 'Add them by hand (Temporal Cloud: in the namespace’s settings), or use a namespace with room for them.',
    facts: { namespace, missing: missing.map(({ name, type }) => ({ name, type })) },
    cause,
  });
}

/** A count that names all attributes: refused as long as one is not known where queries and starts are checked. */
async function tryThem(connection: SearchAttributeServer, namespace: string): Promise<Error | undefined> {
  const query = WANTED.map(({ name }) => `${name} IS NULL`).join(' AND ');
  try {
    await connection.workflowService.countWorkflowExecutions({ namespace, query });
    return undefined;
  } catch (error) {
    const INVALID_ARGUMENT = 3;
    if (isGrpcServiceError(error) && error.code === INVALID_ARGUMENT) return error;
    throw error;
  }
}

async function untilUsable(connection: SearchAttributeServer, namespace: string): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS; ; await delay(40)) {
    const refused = await tryThem(connection, namespace);
    if (!refused) return;
    if (Date.now() > end) throw cannotAdd(namespace, WANTED, refused);
  }
}

async function demandUsable(connection: SearchAttributeServer, namespace: string, cause: Error): Promise<void> {
  if (await tryThem(connection, namespace)) throw cannotAdd(namespace, WANTED, cause);
}

/** Names in the order of the API's enum `IndexedValueType`. */
const TYPES = ['UNSPECIFIED', 'TEXT', 'KEYWORD', 'INT', 'DOUBLE', 'BOOL', 'DATETIME', 'KEYWORD_LIST'];

function typeNumber(type: string): number {
  return TYPES.indexOf(type);
}

function typeName(type: number): string {
  return TYPES[type] ?? `type ${type}`;
}
