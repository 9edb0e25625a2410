/** 23 days. A browser's timer waits 2^31-1 ms at most, nearly 25 days; a longer one fires at once. */
export const LONGEST_TIMER = 2e9
