using Microsoft.ML.Score.Reports.Pages;

namespace Microsoft.ML.Score.Reports;

/// <summary>Ends the browser of all tests after the last.</summary>
[SetUpFixture]
public class BrowserEnd
{
    [OneTimeTearDown]
    public void Close() => Browser.Close();
}
