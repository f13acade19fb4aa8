/**
 * How a metric of the candidate compares with the same of stable: `High` and `Low` are too large and too small, `Pass` is
 * neither, `Nodata` is too little to tell. The last two are Kayenta's own: no data where data was demanded, and a
 * comparison that could not be computed.
 */
export type Classification = "Pass" | "High" | "Low" | "Nodata" | "NodataFailMetric" | "Error";

/** Which change counts: `increase` looks for High alone, `decrease` for Low alone. */
export type Direction = "increase" | "decrease" | "either";

/** How large an effect is said: the ratio of the means, or the probability that the candidate's value is the larger of a pair. */
export type EffectMeasure = "meanRatio" | "cles";
