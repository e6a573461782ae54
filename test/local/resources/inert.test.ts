import { expect, test } from '@jest/globals';
import { nameIsAll } from '../../../local/resources/inert';

test.each([
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::IAM::Role',
  'AWS::Cognito::UserPool',
  'AWS::S3::BucketPolicy',
  'AWS::CDK::Metadata',
])('the name of %s is all', (type) => expect(nameIsAll(type)).toBe(true));

test.each([
  'AWS::EC2::Instance',
  'AWS::SQS::Queue',
  'AWS::S3::Bucket',
  'AWS::Lambda::Function',
  'AWS::S3::BucketPolicyOfOurs',
  'Custom::AWS::IAM::Role',
])('that of %s is not', (type) => expect(nameIsAll(type)).toBe(false));
