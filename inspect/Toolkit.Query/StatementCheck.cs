using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Toolkit.Formats;

namespace Toolkit.Query;

/// <summary>
/// Lets one SELECT pass and nothing else: no COPY, ATTACH, SET, PRAGMA, INSTALL, no second statement.
/// </summary>
/// <remarks>The parser of DuckDB itself decides what a text is; no pattern over the text does.</remarks>
internal static partial class StatementCheck
{
    public static void RequireSelect(DuckDBConnection connection, string sql)
    {
        var count = NativeMethods.ExtractStatements.DuckDBExtractStatements(
            connection.NativeConnection, sql, out var statements);
        using (statements)
        {
            if (count == 0)
            {
                var error = NativeMethods.ExtractStatements.DuckDBExtractStatementsError(statements);
                throw new BadInputException(string.IsNullOrWhiteSpace(error)
                    ? "The query is empty; one SELECT statement was expected."
                    : QueryFaults.Explain(error));
            }

            if (count > 1)
            {
                throw new BadInputException($"The query has {count} statements; one SELECT statement was expected.");
            }

            var state = NativeMethods.ExtractStatements.DuckDBPrepareExtractedStatement(
                connection.NativeConnection, statements, 0, out var prepared);
            using (prepared)
            {
                if (state != DuckDBState.Success)
                {
                    throw new BadInputException(
                        QueryFaults.Explain(NativeMethods.PreparedStatements.DuckDBPrepareError(prepared)));
                }

                if (PreparedStatementType(prepared.DangerousGetHandle()) != DuckDBStatementType.Select)
                {
                    throw new BadInputException(
                        $"The query is {Kind(sql)} statement; runs are read only, one SELECT statement was expected.");
                }
            }
        }
    }

    // The query's own first word: the names that the binding has for DuckDB's kinds are those of another version.
    private static string Kind(string sql)
    {
        var word = string.Concat(sql.TrimStart().TakeWhile(char.IsAsciiLetter)).ToUpperInvariant();
        return word.Length == 0 ? "another" : "AEIOU".Contains(word[0]) ? $"an {word}" : $"a {word}";
    }

    [LibraryImport("duckdb", EntryPoint = "duckdb_prepared_statement_type")]
    private static partial DuckDBStatementType PreparedStatementType(nint statement);
}
