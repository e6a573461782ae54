/** What the servers of the mission tell of their CPU, in percent of what their task has; dimension `Server`. */
export const CPU_NAMESPACE = 'Mission';
export const CPU_METRIC = 'CPUUtilization';

/** Their only tool: it tells how often it was called in its session. */
export const TOOL = 'count';
