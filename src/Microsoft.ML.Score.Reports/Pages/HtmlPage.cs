using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Reports.Pages;

/// <summary>
/// One HTML file that holds all it shows: style, script, data and pictures. It opens from the disk, loads nothing, and follows the reader's choice of light or
/// dark. Its policy lets the browser run this script and no other, whatever stands in the data.
/// </summary>
internal sealed class HtmlPage
{
    /// <summary>What the window is called, as text.</summary>
    public required string Title { get; init; }

    /// <summary>What stands in <c>main</c>, as HTML: texts from outside go through <see cref="Encode"/>.</summary>
    public required string Body { get; init; }

    /// <summary>Style beside page.css.</summary>
    public string Style { get; init; } = "";

    /// <summary>The script, run when the body is there; empty for none.</summary>
    public string Script { get; init; } = "";

    /// <summary>What the script reads: the text of the element <c>data</c>, as JSON; null for none.</summary>
    public object? Data { get; init; }

    /// <summary>A text as HTML shows it, in an element or in a quoted attribute.</summary>
    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A file that is embedded in this assembly.</summary>
    /// <param name="name">Such as "page.css".</param>
    public static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(HtmlPage).Assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    /// <summary>Writes the page; the file appears whole or not at all.</summary>
    /// <param name="path">The file to write; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written; an older one stays as it was.</exception>
    public void Write(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(ToString());
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The whole file. Line ends are "\n" everywhere, since the policy holds the hash of the script.</summary>
    public override string ToString()
    {
        // The default encoder of JSON leaves no '<', so that no text in it ends the element.
        var data = Data is null ? "" : $"<script type=\"application/json\" id=\"data\">{JsonSerializer.Serialize(Data, JsonSerializerOptions.Web)}</script>\n";
        var script = Script.Length == 0 ? "" : $"<script>{Script}</script>\n";
        var scripts = Script.Length == 0 ? "'none'" : $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Script)))}'";
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {scripts}">
            <meta name="generator" content="{ReportFile.Mark}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Encode(Title)}</title>
            <style>
            {Resource("page.css")}{Style}</style>
            </head>
            <body>
            <main>
            {Body}
            </main>
            {data}{script}</body>
            </html>

            """.ReplaceLineEndings("\n");
    }
}
