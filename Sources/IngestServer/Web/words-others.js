// The words of the languages that the scripts do not bring: none, module by module. `WebWords` puts them here where modules are joined.

/** @type {Record<string, Record<string, string>>} */
export const others = {};
