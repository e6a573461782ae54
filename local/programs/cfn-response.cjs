// The module that Lambda gives to functions whose code stands in a template: answers a custom resource's request.
exports.SUCCESS = 'SUCCESS';
exports.FAILED = 'FAILED';

exports.send = async (event, context, status, data, physicalResourceId, noEcho) => {
  const { StackId, RequestId, LogicalResourceId } = event;
  const answer = {
    Status: status,
    Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    ...{ StackId, RequestId, LogicalResourceId },
    NoEcho: noEcho || false,
    Data: data,
  };
  await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify(answer) });
};
