using System.CommandLine;
using Toolkit.CommandLine;

var terminal = new Terminal();
var root = new RootCommand("Looks inside trained networks: captures any value of an ONNX model to Parquet, analyses it, shows it.");
return await ProgramHost.RunAsync(root, args, terminal);
