using System.CommandLine;
using Toolkit.CommandLine;

var terminal = new Terminal();
var root = new RootCommand("Trains small networks on composing the elements of a finite group, and exports them to ONNX.");
return await ProgramHost.RunAsync(root, args, terminal);
