/** The version of this package, for a flag that wants a newer one. A test holds it to package.json's. */
export const VERSION = '0.1.0'
