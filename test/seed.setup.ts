import fc from "fast-check";

/**
 * Property tests draw the same examples in every run, so that a red run is a red run again. `npm run explore` draws
 * others; what it finds prints its seed, and becomes an example of its own.
 */
fc.configureGlobal({ seed: process.env.FUZZ_SEED === undefined ? 8_303 : Number(process.env.FUZZ_SEED) });
