import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AcmeStack } from '../examples/acme/acme-stack';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
new AcmeStack(app, 'Acme', { description: "Acme's MCP fleet" });
