// Prints metrics in the name of another server, as any program may: on standard error, which no protocol is on.
const { emf } = JSON.parse(process.env.FORGED);
const forge = () => process.stderr.write(`${JSON.stringify({ ...emf, _aws: { ...emf._aws, Timestamp: Date.now() } })}\n`);
forge();
setInterval(forge, 200).unref();
