using System.Text;

namespace Toolkit.Formats;

/// <summary>Small files of text that a person writes: configurations, tables, summaries.</summary>
public static class TextFile
{
    /// <summary>Reads a file whole, never more than a bound: a device or a pipe has no length that could be asked.</summary>
    /// <param name="path">The file, in UTF-8, or UTF-16 or UTF-32 with a byte order mark.</param>
    /// <param name="most">The bound, in characters.</param>
    /// <param name="what">What it should be, with its article, for messages.</param>
    /// <returns>The text.</returns>
    /// <exception cref="BadInputException">It is not there, is a folder, or is larger.</exception>
    public static string Read(string path, int most, string what)
    {
        if (!File.Exists(path))
        {
            throw new BadInputException(Directory.Exists(path)
                ? $"{path}: a folder; {what} is a file."
                : $"{path}: there is no such file; {what} was expected.");
        }

        using var reader = new StreamReader(path, Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        var text = new StringBuilder();
        var part = new char[1 << 16];
        for (int count; (count = reader.ReadBlock(part)) > 0;)
        {
            text.Append(part, 0, count);
            if (text.Length > most)
            {
                throw new BadInputException(
                    $"{path}: more than {most >> 20} million characters; {what} takes less.");
            }
        }

        return text.ToString();
    }
}
