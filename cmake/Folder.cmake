# sealift_folder(NAME LINKS TARGET...): one static library of all C files of the current folder, whose include directory is
# the folder itself. Linking is the only way to another folder's headers, so what compiles obeys the diagram. A folder that
# holds only headers is an INTERFACE library: it hands on its headers and what it links.
function(sealift_folder name)
    cmake_parse_arguments(FOLDER "" "" "LINKS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    if(sources)
        add_library(${name} STATIC ${sources})
        set_target_properties(${name} PROPERTIES OUTPUT_NAME sealift-${name}) # a libcrypto.a would be mistaken for OpenSSL's
        set(scope PUBLIC)
    else()
        add_library(${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(${name} ${scope} ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} ${scope} ${FOLDER_LINKS})
endfunction()
