/** Rules of package.json and its lockfile. Tests only. */
import type { Breach } from '../support/source-file.ts';

/** The members of package.json that name packages. */
export interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** An entry of the lockfile's `packages`. */
export interface LockedPackage {
  readonly resolved?: string;
  readonly link?: boolean;
}

/** Names and wanted versions over all kinds of dependencies. */
function wanted(manifest: PackageJson): [string, string][] {
  return [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((kind) =>
    Object.entries(kind ?? {}),
  );
}

/** Versions that are ranges, tags or addresses. */
export function pinBreaches(manifest: PackageJson): Breach[] {
  return wanted(manifest)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `package.json: ${name} is "${version}"; pin one exact version`);
}

/** Lockfile entries that come from elsewhere than the public registry. */
export function hostBreaches(packages: Readonly<Record<string, LockedPackage>>): Breach[] {
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved && !resolved.startsWith('https://registry.npmjs.org/'))
    .map(([path, { resolved }]) => `package-lock.json: ${path} comes from ${resolved}`);
}

/** Dependencies without a line of why in docs/dependencies.md, and lines without a dependency. */
export function reasonBreaches(manifest: PackageJson, markdown: string): Breach[] {
  const listed = markdown.split('\n').flatMap((line) => {
    const [, first = '', why = ''] = /^\|([^|]+)\|([^|]+)\|/.exec(line) ?? [];
    return [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ name, why: why.trim() }));
  });
  const names = wanted(manifest).map(([name]) => name);
  const isListed = (name: string): boolean => listed.some((row) => row.name === name && row.why !== '');
  return [
    ...names.filter((name) => !isListed(name)).map((name) => `docs/dependencies.md: ${name} has no line of why`),
    ...listed
      .filter(({ name }) => !names.includes(name))
      .map(({ name }) => `docs/dependencies.md: ${name} is no dependency`),
  ];
}
