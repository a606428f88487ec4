using System.CommandLine;
using Toolkit.CommandLine;
using Toolkit.Train.Commands;

var terminal = new Terminal();
var root = new RootCommand(
    "Trains small networks on composing the elements of a finite group, and exports them to ONNX.");
root.Subcommands.Add(RunCommand.Create(terminal));
root.Subcommands.Add(SweepCommand.Create(terminal));
return await ProgramHost.RunAsync(root, args, terminal);
