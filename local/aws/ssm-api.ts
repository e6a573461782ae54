import { AwsError } from './aws-error';
import type { AwsService } from './aws-service';
import { type JsonRequest, jsonService, listOf, requiredText } from './json-service';
import { KeptMap } from './kept-map';

export interface Parameter {
  readonly name: string;
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly value: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

/** The account's parameters of Systems Manager, as stacks make them. */
export class ParameterStore {
  private readonly parameters: KeptMap<Parameter>;

  /** @param file in which they are kept; in memory alone when absent */
  constructor(file?: string) {
    this.parameters = new KeptMap(file);
  }

  put(name: string, value: string, type: Parameter['type'] = 'String'): Parameter {
    const parameter = { name, type, value, version: (this.find(name)?.version ?? 0) + 1, changedAt: Date.now() };
    this.parameters.set(name, parameter);
    return parameter;
  }

  delete(name: string): void {
    this.parameters.delete(name);
  }

  find(name: string): Parameter | undefined {
    return this.parameters.get(name);
  }
}

export interface SsmOptions {
  readonly account: string;
  readonly region: string;
  readonly parameters: ParameterStore;
}

/** Systems Manager: reading parameters, by name or ARN. */
export function ssmService({ account, region, parameters }: SsmOptions): AwsService {
  const prefix = `arn:aws:ssm:${region}:${account}:parameter/`;
  const find = (name: string): Parameter | undefined => {
    const plain = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return parameters.find(plain) ?? parameters.find(`/${plain}`);
  };
  const describe = ({ name, type, value, version, changedAt }: Parameter) => ({
    ...{ Name: name, Type: type, Value: value, Version: version, LastModifiedDate: changedAt / 1000, DataType: 'text' },
    ARN: `${prefix}${name.replace(/^\//, '')}`,
  });
  return jsonService('ssm', {
    GetParameter: (request: JsonRequest) => {
      const name = requiredText(request, 'Name');
      const found = find(name);
      if (found === undefined) throw new AwsError('ParameterNotFound', `There is no parameter ${name} here.`);
      return { Parameter: describe(found) };
    },
    GetParameters: (request: JsonRequest) => {
      const names = listOf(request, 'Names').map(String);
      const found = names.map(find).filter((parameter) => parameter !== undefined);
      return { Parameters: found.map(describe), InvalidParameters: names.filter((name) => find(name) === undefined) };
    },
  });
}
