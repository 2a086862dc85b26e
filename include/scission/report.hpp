// Pictures, charts and HTML reports.
#pragma once

#include "scission/report/html_report.hpp"
#include "scission/report/pictures.hpp"
#include "scission/report/report.hpp"
