/** Export and import of the whole store, for backups and moves. Host side. */
export { exportStore } from './export-store.ts';
export { importStore } from './import-store.ts';
