using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Toolkit.Train.Build;

/// <summary>
/// Makes libLibTorchSharp.so load where the system's libstdc++ is older than GLIBCXX_3.4.32 (Debian 12 ends at 3.4.30).
/// </summary>
/// <remarks>
/// <para>The library asks for one symbol of that version, <c>std::ios_base_library_init()</c>, which only makes sure
/// that iostreams are initialised; libtorch_cpu.so, loaded with it, has done so. Two edits to the ELF tables:</para>
/// <para>1. the symbol takes the name and the version of <c>std::chrono::steady_clock::now()</c>, a harmless function
/// without arguments that the library imports already; 2. the requirement GLIBCXX_3.4.32 becomes weak
/// (VER_FLG_WEAK).</para>
/// <para>Delete this folder and its import in Directory.Build.targets when Debian 12 is out of use, or when TorchSharp
/// is built against an older libstdc++. Layouts: System V ABI (Elf64_Sym), LSB 5.0 chapter 10.7 (Elf64_Verneed,
/// Elf64_Vernaux). Written for the inline-task compiler of MSBuild too: netstandard2.0, no newer library types.</para>
/// </remarks>
public static class LibTorchSharpRepair
{
    /// <summary>The version of libstdc++'s symbols that Debian 12 lacks.</summary>
    public const string MissingVersion = "GLIBCXX_3.4.32";

    private const string MissingSymbol = "_ZSt21ios_base_library_initv";
    private const string Substitute = "_ZNSt6chrono3_V212steady_clock3nowEv";
    private const ushort WeakFlag = 2;

    /// <summary>
    /// True where the system has a libstdc++ and none of the places it is found in knows the version.
    /// </summary>
    /// <param name="libraries">Paths where libstdc++.so.6 may lie; those that do not exist are passed over.</param>
    /// <returns>False where no libstdc++ was found: then there is nothing to judge by.</returns>
    public static bool IsNeeded(IEnumerable<string> libraries)
    {
        var found = false;
        foreach (var library in libraries)
        {
            if (!File.Exists(library))
            {
                continue;
            }

            found = true;
            if (IndexOf(File.ReadAllBytes(library), Encoding.ASCII.GetBytes(MissingVersion + "\0")) >= 0)
            {
                return false;
            }
        }

        return found;
    }

    /// <summary>Edits the library's bytes in place.</summary>
    /// <param name="elf">The whole file, 64-bit little-endian ELF.</param>
    /// <returns>True where both edits were made; false, with the bytes untouched, where the library needs neither (any
    /// more).</returns>
    /// <exception cref="InvalidDataException">The file is not the ELF library that this was written for.</exception>
    public static bool Apply(byte[] elf)
    {
        try
        {
            return ApplyToTables(elf);
        }
        catch (Exception failure) when (failure is ArgumentException || failure is IndexOutOfRangeException)
        {
            throw new InvalidDataException("libLibTorchSharp.so is truncated or damaged.", failure);
        }
    }

    private static bool ApplyToTables(byte[] elf)
    {
        if (elf.Length < 64
            || elf[0] != 0x7F || elf[1] != 'E' || elf[2] != 'L' || elf[3] != 'F' || elf[4] != 2 || elf[5] != 1)
        {
            throw new InvalidDataException("libLibTorchSharp.so is not a 64-bit little-endian ELF file.");
        }

        long symbols = 0, symbolsSize = 0, strings = 0, versions = 0, needs = 0;
        var sections = BitConverter.ToInt64(elf, 0x28);
        var sectionSize = BitConverter.ToUInt16(elf, 0x3A);
        var sectionCount = BitConverter.ToUInt16(elf, 0x3C);
        for (var i = 0; i < sectionCount; i++)
        {
            var header = (int)(sections + (i * sectionSize));
            var offset = BitConverter.ToInt64(elf, header + 0x18);
            switch (BitConverter.ToUInt32(elf, header + 4))
            {
                case 11: // SHT_DYNSYM; its sh_link is the section of its names
                    symbols = offset;
                    symbolsSize = BitConverter.ToInt64(elf, header + 0x20);
                    var names = (int)(sections + (BitConverter.ToUInt32(elf, header + 0x28) * sectionSize));
                    strings = BitConverter.ToInt64(elf, names + 0x18);
                    break;
                case 0x6FFFFFFF: // SHT_GNU_versym
                    versions = offset;
                    break;
                case 0x6FFFFFFE: // SHT_GNU_verneed
                    needs = offset;
                    break;
            }
        }

        if (symbols == 0 || strings == 0 || versions == 0 || needs == 0)
        {
            throw new InvalidDataException("libLibTorchSharp.so has no dynamic symbols or no symbol versions.");
        }

        int missing = -1, substitute = -1;
        for (var i = 0; i < symbolsSize / 24; i++)
        {
            var name = ReadText(elf, strings + BitConverter.ToUInt32(elf, (int)symbols + (i * 24)));
            missing = name == MissingSymbol ? i : missing;
            substitute = name == Substitute ? i : substitute;
        }

        var requirement = FindRequirement(elf, needs, strings);
        if (missing < 0 && (requirement < 0 || (elf[requirement + 4] & WeakFlag) != 0))
        {
            return false;
        }

        if (missing < 0 || substitute < 0 || requirement < 0)
        {
            throw new InvalidDataException(
                $"libLibTorchSharp.so asks for {MissingVersion} in a way that is not known here; see "
                    + "train/build/LibTorchSharpRepair.cs.");
        }

        Array.Copy(elf, symbols + (substitute * 24), elf, symbols + (missing * 24), 4);
        Array.Copy(elf, versions + (substitute * 2), elf, versions + (missing * 2), 2);
        elf[requirement + 4] |= (byte)WeakFlag;
        return true;
    }

    private static int FindRequirement(byte[] elf, long needs, long strings)
    {
        for (var need = (int)needs; ;)
        {
            var next = need + BitConverter.ToInt32(elf, need + 8);
            for (int i = 0, count = BitConverter.ToUInt16(elf, need + 2); i < count; i++)
            {
                if (ReadText(elf, strings + BitConverter.ToUInt32(elf, next + 8)) == MissingVersion)
                {
                    return next;
                }

                next += BitConverter.ToInt32(elf, next + 12);
            }

            var step = BitConverter.ToInt32(elf, need + 12);
            if (step == 0)
            {
                return -1;
            }

            need += step;
        }
    }

    private static string ReadText(byte[] elf, long offset)
    {
        var end = Array.IndexOf(elf, (byte)0, (int)offset);
        return Encoding.ASCII.GetString(elf, (int)offset, end - (int)offset);
    }

    private static int IndexOf(byte[] bytes, byte[] pattern)
    {
        for (var at = Array.IndexOf(bytes, pattern[0]); at >= 0 && at <= bytes.Length - pattern.Length;
            at = Array.IndexOf(bytes, pattern[0], at + 1))
        {
            var i = 1;
            while (i < pattern.Length && bytes[at + i] == pattern[i])
            {
                i++;
            }

            if (i == pattern.Length)
            {
                return at;
            }
        }

        return -1;
    }
}

#if !TOOLKIT_TESTS
/// <summary>The build step: writes the repaired copy where the system needs it, deletes it where not.</summary>
public sealed class RepairLibTorchSharp : Microsoft.Build.Utilities.Task
{
    /// <summary>The library in the package cache; only read.</summary>
    [Microsoft.Build.Framework.Required]
    public string Source { get; set; }

    /// <summary>The repaired copy, in the intermediate folder.</summary>
    [Microsoft.Build.Framework.Required]
    public string Copy { get; set; }

    /// <summary>Where libstdc++.so.6 may lie.</summary>
    [Microsoft.Build.Framework.Required]
    public Microsoft.Build.Framework.ITaskItem[] SystemLibraries { get; set; }

    /// <summary>Runs the step.</summary>
    /// <returns>False, with the reason logged, where the library cannot be repaired.</returns>
    public override bool Execute()
    {
        try
        {
            // Output folders hold hard links: a file is replaced, never written to.
            File.Delete(Copy);
            var libraries = new List<string>();
            foreach (var item in SystemLibraries)
            {
                libraries.Add(item.ItemSpec);
            }

            var elf = LibTorchSharpRepair.IsNeeded(libraries) ? File.ReadAllBytes(Source) : null;
            if (elf != null && LibTorchSharpRepair.Apply(elf))
            {
                var temporary = Copy + ".tmp";
                File.WriteAllBytes(temporary, elf);
                File.Move(temporary, Copy);
                Log.LogMessage(
                    $"libstdc++ is older than {LibTorchSharpRepair.MissingVersion}: using a repaired copy of "
                        + "libLibTorchSharp.so.");
            }

            return true;
        }
        catch (Exception failure) when (failure is IOException
            || failure is InvalidDataException
            || failure is UnauthorizedAccessException)
        {
            Log.LogErrorFromException(failure);
            return false;
        }
    }
}
#endif
