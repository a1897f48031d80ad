import { configSchema } from '../../src/core/config.ts';
import { type PartContext, startTemporal } from '../../src/integrations/instance/server-parts.ts';

describe('startTemporal', () => {
  it('a deployment without a server of one’s own → config.invalid, nothing is started', async () => {
    const config = configSchema.parse({ temporal: { deployment: 'goals', cliPath: '/nowhere' } });
    const context = { dir: '/nowhere', config, configured: {}, say: () => {} } as unknown as PartContext;
    await expect(startTemporal(context)).rejects.toMatchObject({
      code: 'config.invalid',
      remedy: expect.stringMatching(/TEMPORAL_ADDRESS/),
    });
  });
});
