/** 2^31-1 ms, nearly 25 days, is the longest that a browser's timer can wait; a longer one fires at once. */
export const LONGEST_TIMER = 2_147_483_647
