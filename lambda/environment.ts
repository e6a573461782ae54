/**
 * The value of an environment variable that the constructs always set.
 * @throws Error that names the variable when it is absent or empty
 */
export function requireVariable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is not set. The constructs of cdk-mcp-fleet set it on this function.`);
  return value;
}
