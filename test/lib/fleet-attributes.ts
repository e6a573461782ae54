/** What a team copies from the output of the fleet's stack, without the VPC. */
export const ATTRIBUTES = {
  fleetName: 'orders',
  clusterName: 'orders-cluster',
  encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1a2b',
  serversSecurityGroupId: 'sg-0a1b2c3d4e5f',
  allowlistFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders-sync',
  allowlistFunctionRoleArn: 'arn:aws:iam::111122223333:role/orders-sync',
  keyRotationFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders-rotation',
  issuer: 'https://login.example',
};
