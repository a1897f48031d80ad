/** The lockfile as data: which platform packages it lacks, and what belongs there. Pure; used by scripts and guards. */

const CPUS = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64'];
const SYSTEMS = ['linux', 'darwin', 'win32', 'freebsd', 'android', 'openharmony'];

/**
 * Optional dependencies that packages of a lockfile ask for and the lockfile does not hold.
 * npm leaves those out that it could not reach when it wrote the file, and `npm ci` then refuses the file.
 * @param {Record<string, any>} packages the `packages` member of a package-lock.json
 * @returns {{ parent: string, name: string, version: string }[]}
 */
export function missingOptional(packages) {
  return Object.entries(packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !resolves(packages, parent, name))
      .map(([name, version]) => ({ parent, name, version })),
  );
}

/**
 * The entry of a platform package, its system and processor read from its name. It has no integrity.
 * @param {string} name e.g. `@swc/core-linux-arm64-musl`
 * @param {string} version an exact version
 * @param {{ dev?: boolean }} parent the entry that asks for it
 */
export function platformEntry(name, version, parent) {
  const words = name.replace(/^.*\//, '').split('-');
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = CPUS.filter((kind) => words.includes(kind));
  const libc = [
    ...(words.includes('musl') || words.includes('musleabihf') ? ['musl'] : []),
    ...(words.includes('gnu') || words.includes('gnueabihf') ? ['glibc'] : []),
  ];
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(parent.dev ? { dev: true } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}

/** Whether `name`, asked for by the package at `parent`, is found by Node's look-up through the lockfile. */
function resolves(packages, parent, name) {
  for (let at = parent; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true;
    if (!at) return false;
  }
}
