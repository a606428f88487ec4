using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Toolkit.CommandLine;

/// <summary>
/// The two outputs of a program: the result on standard output (a table for a person, or one JSON document), the log
/// and the progress on standard error. Live drawing happens only where standard error is a terminal.
/// </summary>
public sealed class Terminal
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>Creates the outputs over the process's standard streams.</summary>
    public Terminal()
        : this(StandardStreams.Output(), StandardStreams.Error(), interactive: !Console.IsErrorRedirected)
    {
    }

    /// <summary>Creates the outputs over given writers (for tests).</summary>
    /// <param name="output">Takes the result.</param>
    /// <param name="error">Takes log and progress.</param>
    /// <param name="interactive">True where <paramref name="error"/> is a terminal that can redraw.</param>
    public Terminal(TextWriter output, TextWriter error, bool interactive)
    {
        Out = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!Console.IsOutputRedirected && output == Console.Out)
        {
            // A real terminal knows its width.
        }
        else
        {
            // A pipe has no width: never break or crop a table for the program that reads it.
            Out.Profile.Width = 4096;
        }

        Error = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(error),
            Interactive = interactive ? InteractionSupport.Yes : InteractionSupport.No,
        });
        if (!interactive)
        {
            // Nor has a file: one message is one line.
            Error.Profile.Width = 4096;
        }

        Output = output;
        IsInteractive = interactive;
    }

    /// <summary>True where progress may be redrawn in place.</summary>
    public bool IsInteractive { get; }

    /// <summary>Standard output as plain text, for results that are already text.</summary>
    public TextWriter Output { get; }

    /// <summary>Standard output with markup and tables.</summary>
    public IAnsiConsole Out { get; }

    /// <summary>Standard error with markup and live progress.</summary>
    public IAnsiConsole Error { get; }

    /// <summary>Writes a result as one JSON document. Property names become snake_case; dictionary keys stay.</summary>
    /// <param name="result">The result; NaN and infinities are written as strings.</param>
    public void WriteJson(object result) => Output.WriteLine(ToJson(result));

    /// <summary>A result as the JSON that <see cref="WriteJson"/> writes, for files beside it.</summary>
    /// <param name="result">The result; NaN and infinities are written as strings.</param>
    /// <returns>The document.</returns>
    public static string ToJson(object result) => JsonSerializer.Serialize(result, Json);

    /// <summary>Writes a table, tree or other picture made of text to standard output.</summary>
    /// <param name="renderable">What to write.</param>
    public void Write(IRenderable renderable) => Out.Write(renderable);

    /// <summary>Writes one line of log to standard error.</summary>
    /// <param name="message">Plain text; markup is not interpreted.</param>
    public void Log(string message) => Error.WriteLine(message);
}
