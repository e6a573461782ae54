import { propertiesOf } from '../../cloudformation/replacements';
import { notImplemented } from '../aws-error';
import type { QueryOperations } from '../query-service';

/**
 * Types of resources, as far as the CDK command line asks for them: whether Cloud Control may change one beside its stack. Here
 * nothing may, so that each property is said to be none that an update changes, and the change is left to a deployment.
 */
export const typeOperations: QueryOperations = {
  DescribeType: {
    takes: ['Type', 'TypeName', 'Arn', 'VersionId'],
    answer: (request) => {
      const typeName = request.required('TypeName');
      const properties = propertiesOf(typeName);
      if (properties === undefined) throw notImplemented(`cloudformation:DescribeType of ${typeName}`);
      const schema = {
        typeName,
        properties: Object.fromEntries(properties.map((name) => [name, {}])),
        createOnlyProperties: properties.map((name) => `/properties/${name}`),
      };
      return { Type: 'RESOURCE', TypeName: typeName, ProvisioningType: 'IMMUTABLE', Schema: JSON.stringify(schema) };
    },
  },
};
