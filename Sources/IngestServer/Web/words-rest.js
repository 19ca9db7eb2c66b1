// What the first script leaves of its words to the other pages: nothing, module by module. `WebWords` puts it here where modules are joined.

/** @type {Record<string, Record<string, string>>} */
export const rest = {};
