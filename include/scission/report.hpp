// Pictures, charts, HTML reports and text.
#pragma once

#include "scission/report/report.hpp"
#include "scission/report/text.hpp"
