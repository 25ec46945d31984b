/* The page at an address where nothing is: only its head does something. */

import "/static/shared/menu.js";
