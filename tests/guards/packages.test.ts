import { missingOptional, platformEntry } from '../../scripts/lib/lockfile.mjs';
import { hostBreaches, type LockedPackage, type PackageJson, pinBreaches, reasonBreaches } from './rules/packages.ts';
import { readText } from './support/source-file.ts';

const manifest = JSON.parse(readText('package.json')) as PackageJson;
const locked = (JSON.parse(readText('package-lock.json')) as { packages: Record<string, LockedPackage> }).packages;

describe('packages guard', () => {
  it.each(['^1.2.3', '~1.2.3', '1.x', '*', 'latest', 'github:a/b', '>=1.0.0'])('version %s → refused', (version) => {
    expect(pinBreaches({ devDependencies: { a: version } })).toHaveLength(1);
  });

  it('package.json: exact pins', () => {
    expect(pinBreaches({ dependencies: { a: '1.2.3' }, optionalDependencies: { b: '18.4.0-beta.17' } })).toEqual([]);
    expect(pinBreaches(manifest)).toEqual([]);
  });

  it('lockfile entry from another host → refused', () => {
    const resolved = 'https://registry.example.com/a/-/a-1.0.0.tgz';
    expect(hostBreaches({ 'node_modules/a': { resolved } })).toHaveLength(1);
    expect(hostBreaches({ 'node_modules/a': { resolved: 'git+ssh://git@github.com/a/a.git#1' } })).toHaveLength(1);
  });

  it('package-lock.json: public registry only', () => {
    expect(hostBreaches(locked)).toEqual([]);
  });

  it('lockfile without a platform package that something asks for → found and filled', () => {
    const packages = {
      '': {},
      'node_modules/a': {
        version: '1.0.0',
        dev: true,
        optionalDependencies: { '@a/linux-arm64-musl': '1.0.0', b: '2.0.0' },
      },
      'node_modules/a/node_modules/b': { version: '2.0.0' },
    };
    const [missing, ...rest] = missingOptional(packages);
    expect(rest).toEqual([]);
    expect(missing).toEqual({ parent: 'node_modules/a', name: '@a/linux-arm64-musl', version: '1.0.0' });
    expect(platformEntry('@a/linux-arm64-musl', '1.0.0', { dev: true })).toEqual({
      version: '1.0.0',
      cpu: ['arm64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    });
  });

  it('package-lock.json: complete for every platform (else run scripts/complete-lockfile.mjs)', () => {
    expect(missingOptional(locked)).toEqual([]);
  });

  it('a dependency without a reason, and a reason without a dependency → refused', () => {
    const rows = '| package | why |\n|---|---|\n| `a` | needed |\n| `b` | |\n| `gone` | was needed |';
    expect(reasonBreaches({ dependencies: { a: '1.0.0', b: '1.0.0', c: '1.0.0' } }, rows)).toEqual([
      'docs/dependencies.md: b has no line of why',
      'docs/dependencies.md: c has no line of why',
      'docs/dependencies.md: gone is no dependency',
    ]);
  });

  it('docs/dependencies.md: one line of why for each dependency', () => {
    expect(reasonBreaches(manifest, readText('docs/dependencies.md'))).toEqual([]);
  });
});
