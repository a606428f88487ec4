using System.CommandLine;
using Toolkit.CommandLine;
using Toolkit.Inspect.Commands;

var terminal = new Terminal();
var root = new RootCommand(
    "Looks inside trained networks: captures any value of an ONNX model to Parquet, analyses it, shows it.");
root.Subcommands.Add(CaptureCommand.Create(terminal));
root.Subcommands.Add(ChartCommand.Create(terminal));
root.Subcommands.Add(CompareCommand.Create(terminal));
root.Subcommands.Add(ConvertCommand.Create(terminal));
root.Subcommands.Add(DiffCommand.Create(terminal));
root.Subcommands.Add(GroupCommand.Create(terminal));
root.Subcommands.Add(GroupTableCommand.Create(terminal));
root.Subcommands.Add(ImportCommand.Create(terminal));
root.Subcommands.Add(MergeCommand.Create(terminal));
root.Subcommands.Add(ModelCommand.Create(terminal));
root.Subcommands.Add(NotebookCommand.Create(terminal));
root.Subcommands.Add(OverlayCommand.Create(terminal));
root.Subcommands.Add(ReportCommand.Create(terminal));
root.Subcommands.Add(SqlCommand.Create(terminal));
root.Subcommands.Add(SvdCommand.Create(terminal));
root.Subcommands.Add(UniversalityCommand.Create(terminal));
root.Subcommands.Add(VerifyCommand.Create(terminal));
root.Subcommands.Add(ViewCommand.Create(terminal));
root.Subcommands.Add(WeightsCommand.Create(terminal));
return await ProgramHost.RunAsync(root, args, terminal);
