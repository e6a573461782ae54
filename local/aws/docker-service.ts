/** Name in signatures of what `mcp-fleet-docker` asks; no service of AWS has one like it. */
export const DOCKER_SERVICE = 'mcp-fleet-docker';
