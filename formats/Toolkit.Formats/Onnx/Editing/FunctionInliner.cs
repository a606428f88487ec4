using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx.Editing;

/// <summary>
/// Replaces every call of a model's local functions by the function's nodes, as ONNX Runtime does when it loads a
/// model.
/// </summary>
public static class FunctionInliner
{
    /// <summary>Inlined nodes of a whole model; functions that call functions may multiply.</summary>
    public const int MaximumNodes = 200_000;

    /// <summary>Inlines all calls, at every depth. The values inside become <c>call/name</c>.</summary>
    /// <param name="model">The model; it is changed.</param>
    /// <param name="modelPath">What messages call it: its file.</param>
    /// <returns>How many calls were replaced.</returns>
    /// <exception cref="BadInputException">A function calls itself, or is written in another version of an operator set
    /// than the model.</exception>
    public static int Inline(ModelProto model, string modelPath)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Functions.Count == 0)
        {
            return 0;
        }

        var calls = new InliningPass(model, modelPath).Run();
        model.Functions.Clear();
        return calls;
    }
}
