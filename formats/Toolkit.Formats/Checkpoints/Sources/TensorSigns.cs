using Toolkit.Formats.Checkpoints.Pickle;

namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>
/// Signs that a view turns while it is read: torch's lazy conjugates and negatives share the storage of the numbers
/// that they turn.
/// </summary>
/// <param name="Real">Whether real parts (and plain numbers) are negated.</param>
/// <param name="Imaginary">Whether imaginary parts are.</param>
internal readonly record struct TensorSigns(bool Real, bool Imaginary)
{
    public bool IsPlain => !Real && !Imaginary;

    /// <summary>
    /// What torch's metadata of a tensor, <c>{"conj": True, "neg": True}</c>, ask for; nothing where there are none.
    /// </summary>
    public static TensorSigns Of(object? metadata)
    {
        var (conjugate, negative) = metadata is PickleDictionary flags
            ? (flags.Get("conj") is true, flags.Get("neg") is true)
            : default;
        return new TensorSigns(negative, negative ^ conjugate);
    }

    /// <summary>The notes for the lineage.</summary>
    public IEnumerable<string> Describe() =>
        IsPlain ? [] : [Real ? Imaginary ? "negated" : "negated and conjugated" : "conjugated"];
}
