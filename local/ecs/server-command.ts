import { SIDECAR_CONFIG_VARIABLE, type SidecarConfig } from '../../core/fleet-config';
import type { ContainerProperties } from './task-definition';

/** Goes to a folder and becomes a command; the folder and the words of the command are arguments, so that nothing in them is read as shell. */
const IN_FOLDER = ['/bin/sh', '-c', 'cd "$0" && exec "$@"'];

/** A sidecar that starts another command than the template says, in a folder of this machine, for each of its children. */
export function withServerCommand(sidecar: ContainerProperties, command: readonly string[], folder: string): ContainerProperties {
  return {
    ...sidecar,
    Environment: (sidecar.Environment ?? []).map((variable) => {
      if (variable.Name !== SIDECAR_CONFIG_VARIABLE) return variable;
      const config = JSON.parse(variable.Value) as SidecarConfig;
      return {
        ...variable,
        Value: JSON.stringify({ ...config, runtime: { ...config.runtime, command: [...IN_FOLDER, folder, ...command] } }),
      };
    }),
  };
}
