/** drizzle-kit: `npx drizzle-kit generate` writes a migration for what changed in src/store/schema.ts. */
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/store/schema.ts',
  out: './migrations',
});
